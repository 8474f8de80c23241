// statevisor/node. Every public name of it, once.

export {};
