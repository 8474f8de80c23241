export function listPids(): number[];
/** A file of a process, such as `cmdline`; empty once it has ended, or where it may not be read. */
export function readOf(pid: number, file: string): string;
/** State and parent of a process; null once it has ended. */
export function statOf(pid: number): { readonly state: string; readonly parent: number } | null;
/** Whether a process runs: zombies do not. */
export function isAlive(pid: number): boolean;
/** NaN once it has ended. */
export function residentMB(pid: number): number;
/** Whether a process has a file open. */
export function hasOpened(pid: number, file: string): boolean;
