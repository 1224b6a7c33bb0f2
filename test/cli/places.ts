import { hasServer } from '../stores/postgres/server.js';
import { createPostgresPlace, createSqlitePlace } from './operator.js';

/** The databases that the verbs are tested over. */
export const places = [
  { name: 'SQLite', available: true, create: createSqlitePlace },
  { name: 'PostgreSQL', available: hasServer, create: createPostgresPlace },
].filter(({ available }) => available);
