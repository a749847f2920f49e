"""Flows in writing: the JSON document, flow text for models, Mermaid for readers."""
