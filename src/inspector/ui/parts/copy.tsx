// A button that copies a text, and says so for a moment.

import { useEffect, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

interface Props {
  readonly text: () => string;
  readonly label: string;
  readonly icon?: IconName;
  /** The label is shown, too. */
  readonly isNamed?: boolean;
}

export function CopyButton({ text, label, icon = "copy", isNamed = false }: Props) {
  const [said, say] = useState("");
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => say(""), 1_500);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () =>
    copyText(text()).then(
      () => say("Copied"),
      () => say("The browser does not allow it"),
    );
  return (
    <button type="button" class="quiet copy" title={label} aria-label={isNamed ? undefined : label} onClick={copy}>
      <Icon name={said === "Copied" ? "check" : icon} />
      {isNamed && label}
      <span class={said === "" || said === "Copied" ? "sr" : "said"} role="status">
        {said}
      </span>
    </button>
  );
}

/** Over plain HTTP to another host, browsers have no clipboard for scripts: the text is selected and copied instead. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (!isDone) throw new Error("not allowed");
}
