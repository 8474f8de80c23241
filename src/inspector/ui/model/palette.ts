// palette.ts: the colours of the style sheets for canvases; read again when the theme changes.

import { looks, type Tone } from "./tones.ts";

export interface Palette {
  readonly tones: Readonly<Record<Tone, string>>;
  readonly ink: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly failed: string;
}

let known: { theme: string | undefined; palette: Palette } | null = null;

export function palette(): Palette {
  const { theme } = document.documentElement.dataset;
  if (known?.theme === theme && known !== null) return known.palette;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const tones = Object.fromEntries((Object.keys(looks) as Tone[]).map((tone) => [tone, read(tone)])) as Record<
    Tone,
    string
  >;
  const [ink, text, muted, line, panel, accent, failed] = [
    read("ink"),
    read("text"),
    read("muted"),
    read("line"),
    read("panel"),
    read("accent"),
    read("failed"),
  ] as [string, string, string, string, string, string, string];
  known = { theme, palette: { tones, ink, text, muted, line, panel, accent, failed } };
  return known.palette;
}
