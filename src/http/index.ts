// statevisor/http. Every public name of it, once.

export {};
