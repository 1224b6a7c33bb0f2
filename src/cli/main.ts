#!/usr/bin/env node
// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { argv } from 'node:process';
import { createProcessContext } from './process-context.js';
import { runVerb } from './run-verb.js';

process.exitCode = await runVerb(argv.slice(2), createProcessContext());
