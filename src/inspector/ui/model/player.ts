// player.ts: plays the recorded facts at the pace at which they happened, or faster.

const frameMs = 50;
/** The longest pause between two facts: longer ones are cut short. */
const longestPauseMs = 700;

export interface Played {
  readonly head: number;
  entry(n: number): { readonly at: number } | undefined;
}

export class Player {
  speed = 1;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #history: () => Played | null;
  readonly #position: () => number | null;
  readonly #goTo: (n: number) => void;
  readonly #onChange: () => void;

  constructor(
    history: () => Played | null,
    position: () => number | null,
    goTo: (n: number) => void,
    onChange: () => void,
  ) {
    this.#history = history;
    this.#position = position;
    this.#goTo = goTo;
    this.#onChange = onChange;
  }

  get isPlaying(): boolean {
    return this.#timer !== null;
  }

  toggle(): void {
    if (this.isPlaying) this.pause();
    else if (this.#position() !== null) this.#plan(0);
    this.#onChange();
  }

  pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #plan(ms: number): void {
    this.#timer = setTimeout(() => this.#step(), ms);
  }

  #step(): void {
    const history = this.#history();
    const from = this.#position();
    if (history === null || from === null || from >= history.head) {
      this.pause();
      return this.#onChange();
    }
    // The facts of one frame are one step.
    const start = history.entry(from + 1)!.at;
    let to = from + 1;
    while (to < history.head && history.entry(to + 1)!.at - start < frameMs * this.speed) to++;
    this.#goTo(to);
    const next = history.entry(to + 1);
    if (next === undefined) this.pause();
    else this.#plan(Math.max(frameMs, Math.min(longestPauseMs, (next.at - start) / this.speed)));
  }
}
