"""An LLM agent that turns plain language into checked edits."""
