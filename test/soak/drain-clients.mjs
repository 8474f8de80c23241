// The clients of the soak, a process of their own: each kind sends requests for ever, reconnects when it is refused or
// closed, and records what became of every request. "report" by IPC answers with the records so far.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { HttpAnswers } from "./http-answers.mjs";

const [port, bigSize] = process.argv.slice(2).map(Number);
const now = () => performance.timeOrigin + performance.now();
let count = 0;
let records = [];
/** Requests that are neither answered nor lost. */
const pending = new Set();

class Client {
  #socket = null;
  #connectAt = null;
  #waiting = [];

  get isOpen() {
    return this.#socket !== null && !this.#socket.destroyed && this.#socket.writable;
  }

  async open() {
    while (!this.isOpen) {
      const connectAt = now();
      const socket = connect(port, "127.0.0.1");
      const isOpen = await new Promise((resolve) => {
        socket.once("connect", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      if (isOpen) this.#use(socket, connectAt);
      else await sleep(3);
    }
    return this.#socket;
  }

  #use(socket, connectAt) {
    this.#socket = socket;
    this.#connectAt = connectAt;
    const waiting = [];
    this.#waiting = waiting;
    const answers = new HttpAnswers(({ status, headers, body }) => {
      const { record, settle, check } = waiting.shift();
      record.endAt = now();
      record.outcome = status === 200 && check(body) ? "answered" : `wrong: ${status} ${body.slice(0, 80)}`;
      settle();
      if (headers.connection === "close") {
        // Whatever was sent after the last request that is answered, the server has said that it will not answer.
        for (const { record: later, settle: end } of waiting.splice(0)) {
          later.outcome = "told to go elsewhere";
          end();
        }
        socket.end();
      }
    });
    let failure = "closed";
    socket.on("data", (chunk) => answers.push(chunk));
    socket.on("error", ({ code }) => {
      failure = code;
    });
    socket.on("end", () => socket.end());
    socket.on("close", () => {
      for (const [i, { record, settle }] of waiting.splice(0).entries()) {
        record.endAt = now();
        record.outcome = i === 0 && answers.isBegun ? `cut: ${failure}` : `lost: ${failure}`;
        settle();
      }
    });
  }

  /** The record of a request, which begins now; `settled` when it has been answered, or lost. */
  expect(kind, check) {
    const id = `${kind}-${++count}`;
    const record = { id, kind, connectAt: this.#connectAt, begunAt: now(), sentAt: null, endAt: null, outcome: null };
    const settled = new Promise((resolve) => {
      this.#waiting.push({ record, check, settle: resolve });
    });
    pending.add(record);
    settled.then(() => {
      pending.delete(record);
      records.push(record);
    });
    return { record, settled };
  }
}

const get = (path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const post = (path, headers) => `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/x\r\n${headers}\r\n\r\n`;
const is = (wanted) => (body) => body === wanted;
const sent = (record) => () => {
  record.sentAt = now();
};

/** Each kind does one exchange on an open connection. */
const kinds = {
  async keepAlive(client, socket) {
    const { record, settled } = client.expect("keepAlive", is("fast"));
    socket.write(get(`/fast?id=${record.id}`), sent(record));
    await settled;
    await sleep(Math.random() * 4);
  },
  async slow(client, socket) {
    const { record, settled } = client.expect("slow", is("slow"));
    socket.write(get(`/slow?ms=${Math.round(Math.random() * 150)}&id=${record.id}`), sent(record));
    await settled;
  },
  async pipelined(client, socket) {
    const all = Array.from({ length: 5 }, () => client.expect("pipelined", is("slow")));
    const text = all.map(({ record }) => get(`/slow?ms=${Math.round(Math.random() * 40)}&id=${record.id}`)).join("");
    socket.write(text, () => {
      for (const { record } of all) record.sentAt = now();
    });
    await Promise.all(all.map(({ settled }) => settled));
  },
  async slowReader(client, socket) {
    const { record, settled } = client.expect("slowReader", (body) => body.length === bigSize);
    socket.write(get(`/big?id=${record.id}`), sent(record));
    let pausing;
    const reading = setInterval(() => {
      socket.resume();
      pausing = setTimeout(() => socket.pause(), 3);
    }, 15);
    await settled;
    clearInterval(reading);
    clearTimeout(pausing);
    // A paused connection does not notice that the other side has ended it.
    socket.resume();
    await sleep(3);
  },
  async slowSender(client, socket) {
    const { record, settled } = client.expect("slowSender", is("fast"));
    const text = get(`/fast?id=${record.id}`);
    for (let i = 0; i < text.length && socket.writable; i += 9) {
      socket.write(text.slice(i, i + 9));
      await sleep(15);
    }
    record.sentAt = now();
    await settled;
  },
  async chunkedUpload(client, socket) {
    const { record, settled } = client.expect("chunkedUpload", is("got 800"));
    socket.write(post(`/upload?id=${record.id}`, "transfer-encoding: chunked"));
    for (let i = 0; i < 8 && socket.writable; i++) {
      socket.write(`64\r\n${"x".repeat(100)}\r\n`);
      await sleep(15);
    }
    if (socket.writable) socket.write("0\r\n\r\n", sent(record));
    await settled;
  },
  async upload(client, socket) {
    const size = 3_000_000;
    const { record, settled } = client.expect("upload", is(`got ${size}`));
    socket.write(post(`/upload?id=${record.id}`, `content-length: ${size}`));
    for (let i = 0; i < 30 && socket.writable; i++) {
      socket.write(Buffer.alloc(size / 30, "x"));
      await sleep(4);
    }
    record.sentAt = now();
    await settled;
  },
  /** Answered before its body has come: the client sends on, or falls silent. */
  async early(client, socket) {
    const { record, settled } = client.expect("early", is("early"));
    socket.write(post(`/early?id=${record.id}`, "content-length: 1000000"), sent(record));
    const talks = Math.random() < 0.5;
    for (let i = 0; i < 10 && talks && socket.writable; i++) {
      socket.write(Buffer.alloc(10_000, "x"));
      await sleep(2);
    }
    await settled;
    await new Promise((resolve) => {
      if (socket.destroyed) resolve();
      socket.once("close", resolve);
      setTimeout(() => socket.destroy(), 300 + Math.random() * 300).unref();
    });
  },
  async stream(client, socket) {
    const wanted = Array.from({ length: 10 }, (_, i) => `piece ${i}\n`).join("");
    const { record, settled } = client.expect("stream", is(wanted));
    socket.write(get(`/stream?id=${record.id}`), sent(record));
    await settled;
  },
  async events(client, socket) {
    const { record, settled } = client.expect("events", (body) => body.endsWith("data: bye\n\n"));
    socket.write(get(`/events?id=${record.id}`), sent(record));
    await settled;
  },
  /** A connection for each request. */
  async newcomer(client, socket) {
    await kinds.keepAlive(client, socket);
    socket.end();
    await new Promise((resolve) => (socket.destroyed ? resolve() : socket.once("close", resolve)));
  },
};

async function runClient(kind) {
  const client = new Client();
  for (;;) {
    const socket = await client.open();
    await kinds[kind](client, socket);
  }
}

/** A WebSocket is told that the server goes away (1001); anything else is a cut. */
async function runWebSocket() {
  for (;;) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const record = { id: `webSocket-${++count}`, kind: "webSocket", begunAt: now(), sentAt: null, endAt: null };
    const isOpen = await new Promise((resolve) => {
      socket.once("open", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (!isOpen) {
      await sleep(3);
      continue;
    }
    record.sentAt = now();
    pending.add(record);
    const echo = setInterval(() => socket.send("hello"), 10);
    const code = await new Promise((resolve) => {
      socket.once("close", resolve);
      socket.once("error", resolve);
    });
    clearInterval(echo);
    pending.delete(record);
    records.push({ ...record, endAt: now(), outcome: code === 1001 ? "answered" : `cut: WebSocket ${code}` });
  }
}

for (const kind of Object.keys(kinds)) for (let i = 0; i < 3; i++) runClient(kind);
for (let i = 0; i < 3; i++) runWebSocket();

process.on("message", async () => {
  // The server is down: whatever was sent to it is settled by the kernel in a moment.
  const end = now() + 5_000;
  while (pending.size > 0 && now() < end) await sleep(2);
  const stuck = [...pending].map((record) => ({ ...record, outcome: "stuck" }));
  process.send([...records, ...stuck]);
  records = [];
});
process.on("disconnect", () => process.exit());
