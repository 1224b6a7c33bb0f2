// The front door `device-trust/proxy`: re-exports only.

export {
  createForwardedCertificates,
  type ForwardedCertificatesOptions,
} from './authentication/forwarded/forwarded-certificates.js';
export type { ForwardedFormat, ForwardedHeader } from './authentication/forwarded/forwarded-format.js';
export type { ProxyTrust } from './authentication/forwarded/proxy-trust.js';
export { apache, type ApacheOptions } from './authentication/forwarded/apache.js';
export {
  awsAlbPassthrough,
  awsAlbVerify,
  type AwsAlbPassthroughOptions,
  type AwsAlbVerifyOptions,
} from './authentication/forwarded/aws-alb.js';
export { caddy, type CaddyOptions } from './authentication/forwarded/caddy.js';
export { cloudflare, type CloudflareOptions } from './authentication/forwarded/cloudflare.js';
export { cloudFront, type CloudFrontOptions } from './authentication/forwarded/cloud-front.js';
export { envoy } from './authentication/forwarded/envoy.js';
export { googleCloud, type GoogleCloudOptions } from './authentication/forwarded/google-cloud.js';
export { haproxy, type HaproxyOptions } from './authentication/forwarded/haproxy.js';
export { nginx, type NginxOptions } from './authentication/forwarded/nginx.js';
export { rfc9440 } from './authentication/forwarded/rfc9440.js';
export { traefik } from './authentication/forwarded/traefik.js';
export { proxyAddresses } from './authentication/forwarded/proxy-addresses.js';
export {
  proxyCertificate,
  type ProxyCertificateOptions,
} from './authentication/forwarded/proxy-certificate.js';
export { proxySecret, type ProxySecretOptions } from './authentication/forwarded/proxy-secret.js';
export { proxyUnixSocket } from './authentication/forwarded/proxy-unix-socket.js';
