// door: re-exports only. `device-trust/huawei-sysintegrity`.

export { createHuaweiSysIntegrityProvider } from './integrity/huawei/huawei-sysintegrity-provider.js';
export type {
  HuaweiSysIntegrityProvider,
  HuaweiSysIntegrityProviderOptions,
} from './integrity/huawei/huawei-sysintegrity-provider.js';
export { isHuaweiSysIntegrityVerdict } from './integrity/huawei/huawei-sysintegrity-verdict.js';
export type {
  HuaweiSysIntegrityPayload,
  HuaweiSysIntegrityVerdict,
  HuaweiTokenKind,
} from './integrity/huawei/huawei-sysintegrity-verdict.js';
