// unblock.ts: writes to a terminal that do not wait for it.

/**
 * Makes writes to a terminal asynchronous, as writes to a pipe are. Node makes terminals blocking, and has no documented
 * way back; without this method they stay as they are.
 */
export function unblock(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(isBlocking: boolean): unknown } };
  if (stream.isTTY) handle?.setBlocking?.(false);
}
