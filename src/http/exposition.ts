// exposition: metrics as text, in the format of Prometheus or in that of OpenMetrics.

export type Labels = Readonly<Record<string, string>>;

/** Objects of labels that stay the same from scrape to scrape are written once. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Of a histogram: what follows its name. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
}

export interface Family {
  /** Without the "_total" of a counter, which its samples have. */
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "histogram";
  /** Which the name ends with, too. */
  readonly unit?: "seconds";
  readonly samples: readonly Sample[];
}

export const formats = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;

export type Format = keyof typeof formats;

/** The format of a content type, as a registry has it. */
export function formatOf(contentType: string): Format {
  return contentType.startsWith("application/openmetrics-text") ? "openmetrics" : "prometheus";
}

/** The last line of every text of OpenMetrics. */
export const openMetricsEnd = "# EOF\n";

/** The families as text, without an end. */
export function formatFamilies(families: readonly Family[], format: Format): string {
  const lines: string[] = [];
  for (const { name, help, type, unit, samples } of families) {
    const sampleName = type === "counter" ? `${name}_total` : name;
    // Prometheus knows a counter by the name of its samples.
    const familyName = format === "openmetrics" ? name : sampleName;
    lines.push(`# HELP ${familyName} ${help}`, `# TYPE ${familyName} ${type}`);
    if (unit !== undefined && format === "openmetrics") lines.push(`# UNIT ${familyName} ${unit}`);
    for (const { labels, value, suffix = "" } of samples)
      lines.push(`${sampleName}${suffix}${formatLabels(labels)} ${value}`);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** The samples of a histogram; the buckets are cumulative, without the last one, which has no bound. */
export function toHistogram(
  labels: Labels,
  { count, sum, buckets }: { count: number; sum: number; buckets: readonly (readonly [number, number])[] },
): Sample[] {
  const within = (le: string, value: number): Sample => ({ labels: { ...labels, le }, value, suffix: "_bucket" });
  return [
    ...buckets.map(([bound, value]) => within(Number.isInteger(bound) ? `${bound}.0` : String(bound), value)),
    within("+Inf", count),
    { labels, value: sum, suffix: "_sum" },
    { labels, value: count, suffix: "_count" },
  ];
}

const texts = new WeakMap<Labels, string>();

/** Nothing has to be escaped: the values are states, and paths of names that have neither quotes nor backslashes. */
function formatLabels(labels: Labels): string {
  let text = texts.get(labels);
  if (text === undefined) {
    const written = Object.entries(labels);
    text = written.length === 0 ? "" : `{${written.map(([label, value]) => `${label}="${value}"`).join(",")}}`;
    texts.set(labels, text);
  }
  return text;
}
