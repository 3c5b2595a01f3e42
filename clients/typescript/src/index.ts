// What the package offers.

export { type Dollars } from './budget.js';
export {
  type BoughtNumber, type BuyRequest, type CallFilter, type CallList, type CallRequest, type CallStatus, Dialtone, type DialtoneOptions,
  type HangUp, isOver, type LanguageList, type NumberList, type PlacedCall, type RenewedNumber, type RenewRequest, type VoiceList,
  type WaitOptions,
} from './client.js';
/** The name that samples of the service use. */
export { Dialtone as LLMClient } from './client.js';
export { type Charged, DialtoneError, type ErrorCode, type Refusal } from './errors.js';
export { requests } from './generated/requests.js';
export { type PurchaseOptions, type SolanaScheme } from './payment.js';
export { type Wallet, type WalletClient } from './wallet.js';
