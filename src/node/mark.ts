// The mark: a word in the environment of every process of this program, and so of all that they start. It lets the guard
// find what it was not told of in time, and a later run what an earlier one left behind.

import { randomUUID } from "node:crypto";

/** The mark of the processes of this program: of the services, and of whatever they start. */
export const processMark: string = randomUUID();

/** The variable that carries the mark. */
export const markVariable = "STATEVISOR_MARK";
/** The variable by which the guard of a program knows the mark that it looks for; it does not carry the mark itself. */
export const guardVariable = "STATEVISOR_GUARDS";
