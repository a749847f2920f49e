// Counts tokens as current OpenAI models do (o200k_base).
// Reads one {"name": ..., "text": ...} a line from standard input; writes one {"name": ..., "tokens": N} a line.
// Text that looks like a special token is counted as the plain text it is.
import { createInterface } from "node:readline";
import { Tiktoken } from "js-tiktoken/lite";
import o200k_base from "js-tiktoken/ranks/o200k_base";

const encoding = new Tiktoken(o200k_base);

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === "") continue;
  const { name, text } = JSON.parse(line);
  if (typeof text !== "string") throw new TypeError(`no text for ${JSON.stringify(name)}`);
  const tokens = encoding.encode(text, [], []).length;
  process.stdout.write(JSON.stringify({ name, tokens }) + "\n");
}
