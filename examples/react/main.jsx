// A tree that runs in a page, and React components that show it. `view()` is what useSyncExternalStore takes: the same
// object until something in it changes, so that a component is drawn again only when its own service has changed.

import { memo, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { createSupervisor } from "statevisor";

const until = (signal) => new Promise((resolve) => signal.addEventListener("abort", resolve));
const crashes = new Map();

/** A service that a button can crash. */
function defineLoop(name, dependsOn = []) {
  return {
    name,
    dependsOn,
    restart: { initialBackoffMs: 500, jitter: false },
    run({ signal, fail }) {
      crashes.set(name, () => fail(new Error(`${name} was crashed by hand`)));
      return until(signal);
    },
  };
}

const supervisor = createSupervisor({
  name: "page",
  services: [defineLoop("socket"), defineLoop("sync", ["socket"]), defineLoop("clock")],
});

function useStatus(path) {
  const { subscribe, getSnapshot } = path === undefined ? supervisor.view() : supervisor.view(path);
  return useSyncExternalStore(subscribe, getSnapshot);
}

let drawn = 0;

const Service = memo(({ path }) => {
  const { name, state, restarts, error } = useStatus(path);
  drawn++;
  return (
    <li data-service={name}>
      <b>{name}</b> <output>{state}</output> ({restarts} restarts{error ? `, last error: ${error.message}` : ""}){" "}
      <button type="button" onClick={() => crashes.get(name)()}>
        crash {name}
      </button>
    </li>
  );
});

function Tree() {
  const { services, counts } = useStatus();
  return (
    <>
      <h1>
        {counts.running} of {services.length} run
      </h1>
      <ul>
        {services.map(({ path }) => (
          <Service key={path} path={path} />
        ))}
      </ul>
    </>
  );
}

createRoot(document.getElementById("root")).render(<Tree />);
void supervisor.start();
globalThis.page = { supervisor, timesDrawn: () => drawn };
