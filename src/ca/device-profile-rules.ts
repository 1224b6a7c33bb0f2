// ca: imports core, contracts, x509.

import type { LocalIssuer } from './local-issuer.js';
import type { StatusUrls } from './status-urls.js';

/**
 * What the device certificates of one issuer are held against: the octets that are the same in all of them.
 *
 * They are written down here as octets, a second time and in another form than {@link createDeviceCertificateProfile} has
 * them: what one of the two gets wrong, the other one finds.
 */
export interface DeviceProfileRules {
  readonly issuer: LocalIssuer;
  readonly urls: StatusUrls;
  /** Each constant extension whole, by the name of the rule, in order. */
  readonly constantExtensions: readonly (readonly [rule: string, extension: Uint8Array])[];
}

/** @param options `ocsp`: whether the certificates name an OCSP responder */
export function createDeviceProfileRules(
  issuer: LocalIssuer,
  urls: StatusUrls,
  options: { readonly ocsp: boolean },
): DeviceProfileRules {
  const { issuerId } = issuer.published;
  const responder = options.ocsp ? accessDescription('2b06010505073001', urls.ocsp) : '';
  const access = element('30', responder + accessDescription('2b06010505073002', urls.issuer(issuerId)));
  return {
    issuer,
    urls,
    constantExtensions: [
      ['basicConstraints', hex('300c0603551d130101ff04023000')],
      ['keyUsage', hex('300e0603551d0f0101ff040403020780')],
      ['extKeyUsage', hex('30130603551d25040c300a06082b06010505070302')],
      ['authorityKeyIdentifier', hex(`301f0603551d23041830168014${issuerId}`)],
      ['authorityInfoAccess', hex(element('30', `06082b06010505070101${element('04', access)}`))],
    ],
  };
}

function accessDescription(method: string, url: string): string {
  return element('30', element('06', method) + element('86', Buffer.from(url, 'latin1').toString('hex')));
}

/** One element of DER in hex; no URL makes one longer than 65,535 octets. */
function element(tag: string, content: string): string {
  const length = content.length / 2;
  const form = length < 0x80 ? '' : length < 0x100 ? '81' : '82';
  const digits = length < 0x100 ? 2 : 4;
  return tag + form + length.toString(16).padStart(digits, '0') + content;
}

function hex(text: string): Uint8Array {
  return Buffer.from(text, 'hex');
}
