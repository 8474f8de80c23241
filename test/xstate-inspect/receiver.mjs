// The real receiver of @xstate/inspect, on the XState 4 that it needs: connects to the address that it is given, and
// prints what it makes of each message. A line on stdin is an event to send: "<session id> <event type>".

import { createInterface } from "node:readline";
import { createWebSocketReceiver } from "@xstate/inspect";
import WebSocket from "ws";

globalThis.WebSocket = WebSocket;

const receiver = createWebSocketReceiver({ server: process.argv[2], protocol: "ws" });

receiver.subscribe((event) => {
  const { type, sessionId } = event;
  const told = { type, sessionId };
  if (type === "service.register") {
    const { id, parent, machine, state } = event;
    const resolved = machine.resolveState(state);
    Object.assign(told, {
      id,
      parent,
      machine: machine.id,
      initial: machine.initialState.value,
      states: Object.keys(machine.states),
      value: state.value,
      context: state.context,
      nextEvents: resolved.nextEvents,
    });
  }
  if (type === "service.state") Object.assign(told, { value: event.state.value, tags: [...event.state.tags] });
  if (type === "service.event") Object.assign(told, { event: event.event.name, data: event.event.data });
  console.log(JSON.stringify(told));
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const [origin, name] = line.split(" ");
  const event = { name, data: { type: name }, $$type: "scxml", type: "external", origin };
  receiver.send({ type: "xstate.event", event: JSON.stringify(event), service: origin });
});
