// core: imports core only.

import { ConfigurationError } from './errors.js';

/**
 * Checks a URL option at creation: what is sent there, and what comes back, must not cross a network in clear.
 *
 * @throws ConfigurationError unless it is an `https:` URL, or an `http:` one on this machine, without credentials or fragment
 */
export function assertSecureUrl(option: string, url: URL): void {
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (!(url.protocol === 'https:' || (url.protocol === 'http:' && local))) {
    throw new ConfigurationError(option, {
      message: 'must be an https: URL, or an http: one on this machine',
    });
  }
  if (url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new ConfigurationError(option, { message: 'must be without credentials and fragment' });
  }
}
