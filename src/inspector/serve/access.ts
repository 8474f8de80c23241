// access.ts: which requests are answered. Pages of other sites, names that were rebound to this machine, and other users
// of it do not have the token; the first two are refused before the token is compared.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";

export function createToken(): string {
  return randomBytes(18).toString("base64url");
}

/**
 * Sent with every answer: only files of this server run, no site can embed the page, and no referrer is sent. There is no
 * cross-origin-opener-policy: without the token a window that another site opens shows nothing, and with that policy
 * Chromium starts a process for the page, which takes a third of the time to its first picture.
 */
export const safeHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/**
 * Why a request does not come from the page of this server, or null. A browser sends the name that led it to this address
 * as Host: names other than those of this machine are refused. Addresses cannot be rebound.
 */
export function refuseStranger(request: IncomingMessage, ownHost: string): string | null {
  const { host, origin, "sec-fetch-site": site } = request.headers;
  if (host === undefined || !isOwnHost(hostnameOf(host), ownHost)) {
    return `Host ${host ?? "(none)"} is not this server's; use 127.0.0.1, localhost, or the host it was told to listen on`;
  }
  if (origin !== undefined && origin !== `http://${host}`) return `Origin ${origin} is not this server's`;
  if (site === undefined || site === "same-origin" || site === "none" || isFollowedLink(request)) return null;
  return `a ${site} request is not allowed`;
}

/** A link to the page itself, as in a chat or a mail: it has no secret, and no site can frame it. */
function isFollowedLink({ method, url = "", headers }: IncomingMessage): boolean {
  const { "sec-fetch-mode": mode, "sec-fetch-dest": destination } = headers;
  return method === "GET" && /^\/(\?|$)/.test(url) && mode === "navigate" && destination === "document";
}

function isOwnHost(name: string, ownHost: string): boolean {
  return isIP(name) !== 0 || [ownHost, "localhost", hostname()].some((own) => own.toLowerCase() === name);
}

function hostnameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}

/** Whether a request carries the token: `Authorization: Bearer`, or for a stream, whose headers a browser cannot set, `?token=`. */
export function isAuthorised({ headers, method }: IncomingMessage, url: URL, token: string): boolean {
  const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ?? [];
  const given = bearer ?? (method === "GET" ? url.searchParams.get("token") : null);
  return given !== null && timingSafeEqual(digest(given), digest(token));
}

// A comparison in constant time needs values of the same length: digests.
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
