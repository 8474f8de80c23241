// redactUrls: what is left of a URL that is shown.

import { expect, it } from "vitest";
import { redactUrls } from "../../src/node/redact-url.ts";

it.for([
  ["http://127.0.0.1:80/health", "http://127.0.0.1:80/health"],
  ["http://me:s3cret@host/a/b?key=k3y#top", "http://…@host/a/b?…"],
  ["redis://:s3cret@[::1]:6379/0", "redis://…@[::1]:6379/0"],
  ["https://me:s3@cret@host", "https://…@host"],
  ["https://host/users/@me", "https://host/users/@me"],
  ["https://host/#token=k3y", "https://host/#…"],
  [`curl "https://host/?a=b" -d x`, `curl "https://host/?…" -d x`],
  ["amqp://a:b@one,amqp://c:d@two", "amqp://…@one,amqp://c:d@two"],
  ["no URL: me@host?a=b", "no URL: me@host?a=b"],
])("%s is shown as %s", ([text, shown]) => {
  expect(redactUrls(text!)).toBe(shown);
});
