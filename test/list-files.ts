import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All files below a folder with that ending, in order, with forward slashes. */
export function listFiles(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .sort();
}
