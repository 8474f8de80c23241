// The page before there is a history: connecting, refused, or waiting for the program.

import { useState } from "preact/hooks";
import { useStore } from "../model/store.ts";

export function Gate() {
  const store = useStore();
  if (store.connectionState === "denied") return <AskToken />;
  return (
    <main class="gate">
      <div class="card" role="status">
        <h1>statevisor</h1>
        <p>{store.connectionState === "lost" ? "The program does not answer. Trying again …" : "Connecting …"}</p>
      </div>
    </main>
  );
}

function AskToken() {
  const store = useStore();
  const [token, setToken] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    const given = /[#?&]token=([^&\s]+)/.exec(token)?.[1] ?? token.trim();
    if (given !== "") store.connect(given);
  };
  return (
    <main class="gate">
      <form onSubmit={submit}>
        <h1>This tree asks for its token</h1>
        <p class="muted">
          Open the URL as the program printed it, or paste it here. A program that was started again has a new token,
          unless its code sets one.
        </p>
        <p id="refused" class="danger" role="alert">
          {store.isRefused ? "That token was refused: the program that answers here has another one." : ""}
        </p>
        <div class="row">
          <input
            type="text"
            aria-label="URL or token"
            aria-invalid={store.isRefused}
            aria-describedby="refused"
            placeholder="http://127.0.0.1:…/#token=…"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <button type="submit" class="primary">
            Open
          </button>
        </div>
      </form>
    </main>
  );
}
