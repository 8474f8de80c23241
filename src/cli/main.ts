#!/usr/bin/env node
// statevisor: the command.
