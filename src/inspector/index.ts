// statevisor/inspector. Every public name of it, once.

export {};
