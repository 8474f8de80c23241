// lively.ts: whether a stream is a terminal that can be drawn on.

export function isLively(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && env.TERM !== "dumb" && !env.CI;
}
