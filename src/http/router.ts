// http: imports core, contracts and the use cases.

import { methodNotAllowed, problemResponse, type ProblemOptions } from './problem.js';
import type { HttpHandler, HttpRequest, HttpResponse } from './http-message.js';

/** One endpoint. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Either the whole path, or a pattern over the whole path whose groups are handed to `handle`. */
  readonly path: string | RegExp;
  handle(request: HttpRequest, groups: readonly string[]): Promise<HttpResponse>;
}

/** Finds the endpoint of a request; turns whatever it throws into problem details. */
export function createRouter(options: {
  readonly routes: readonly Route[];
  readonly problems: ProblemOptions;
}): HttpHandler {
  const { routes, problems } = options;
  return {
    async handle(request) {
      const path = request.url.split('?', 1)[0] ?? '';
      const matches = routes.flatMap((route) => {
        const groups = match(route.path, path);
        return groups ? [{ route, groups }] : [];
      });
      if (matches.length === 0) return null;
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const found = matches.find(({ route }) => route.method === method);
      if (found === undefined) return methodNotAllowed(matches.map(({ route }) => route.method));
      try {
        const response = await found.route.handle(request, found.groups);
        return request.method === 'HEAD' ? { ...response, body: '' } : response;
      } catch (error) {
        return problemResponse(error, problems);
      }
    },
  };
}

function match(pattern: string | RegExp, path: string): readonly string[] | null {
  if (typeof pattern === 'string') return pattern === path ? [] : null;
  const groups = pattern.exec(path);
  return groups ? groups.slice(1) : null;
}
