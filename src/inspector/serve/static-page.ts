// static-page.ts: a recording with the page in one HTML file, which opens from disk and from any static host.

import type { Recording } from "../shared/protocol.ts";
import { inlineScripts, readPage } from "./page.ts";
import { toRecording } from "./serve-recording.ts";

/** The file asks no host for anything, and runs nothing but what is in it. */
const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/**
 * Makes one HTML file of a recording and the inspector's page: it opens from disk and from any static host, and needs no
 * server. Takes what `serveRecording` takes. Everyone who has the file can read all that was recorded.
 *
 * @throws SupervisorError ERR_INVALID_SPEC if it is not a recording; Error if the page is not built.
 */
export function toStaticPage(recording: string | object): string {
  const given: Recording = toRecording("toStaticPage", recording);
  const page = readPage();
  const html = page.get("/index.html")?.body.toString();
  if (html === undefined) throw new Error("toStaticPage: the page is not in this package; it may not be built yet");
  const data = `<script type="application/json" id="recording">${escapeJson(JSON.stringify(given))}</script>`;
  const textOf = (path: string) => page.get(path.replace(/^\./, ""))?.body.toString() ?? "";
  return html
    .replaceAll(inlineScripts, "")
    .replace(/<title>[^<]*/, () => `<title>${given.name.replaceAll("<", "")} · statevisor`)
    .replace(/<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"[^>]*>/, (_, path) => `<style>${textOf(path)}</style>`)
    .replace(/<link[^>]*rel="icon"[^>]*>/, '<link rel="icon" href="data:," />')
    .replace(/<script[^>]*src="([^"]+)"[^>]*><\/script>/, "")
    .replace("<head>", () => `<head>\n    <meta http-equiv="content-security-policy" content="${policy}" />`)
    .replace("</body>", () => `${data}\n<script type="module">${scriptOf(html, textOf)}</script>\n</body>`);
}

function scriptOf(html: string, textOf: (path: string) => string): string {
  const [, path = ""] = /<script[^>]*src="([^"]+)"/.exec(html) ?? [];
  return textOf(path).replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}

/** JSON in a script: the browser must find no tag in it. */
function escapeJson(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
