// parse-recording.ts: reads the text of a recording: one JSON document, or the file of `up --record`, which has a line for
// the beginning and one for each batch of facts.

/** The parsed recording, not checked yet. A last line that was cut off, because the program died, is left out. */
export function parseRecording(text: string): unknown {
  const end = text.indexOf("\n");
  const head: unknown = end === -1 ? null : parseOrNull(text.slice(0, end));
  if (!isBeginning(head)) return JSON.parse(text);
  const { lines: _, ...recording } = head;
  const entries: unknown[] = [];
  let { now, tree } = head;
  const charts = { ...head.charts };
  for (const line of text.slice(end + 1).split("\n")) {
    const batch = parseOrNull(line) as Partial<Batch> | null;
    if (batch === null || !Array.isArray(batch.entries)) continue;
    entries.push(...batch.entries);
    now = batch.now ?? now;
    tree = batch.tree ?? tree;
    Object.assign(charts, batch.charts);
  }
  return { ...recording, now, tree, charts, entries };
}

/** A line of the file after the first. */
interface Batch {
  now: number;
  entries: unknown[];
  tree: unknown;
  charts: object;
}

interface Beginning {
  readonly lines: true;
  readonly now: unknown;
  readonly tree: unknown;
  readonly charts: object;
}

function isBeginning(data: unknown): data is Beginning {
  return typeof data === "object" && data !== null && (data as Partial<Beginning>).lines === true;
}

function parseOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
