// The client of the specification's sample, over the published one: the sample's `LLMClient` has the methods of a phone, the
// published `LLMClient` has not, and its `PhoneClient` and `VoiceClient` call them otherwise.

import { PhoneClient, VoiceClient } from '@blockrun/llm';
import { api } from '../world.mjs';

export class LLMClient {
  constructor({ privateKey }) {
    this.phone = new PhoneClient({ privateKey, apiUrl: api });
    this.voice = new VoiceClient({ privateKey, apiUrl: api });
  }

  phoneBuy({ country, area_code: areaCode }) {
    return this.phone.buyNumber({ country, areaCode });
  }

  voiceCall({ phone_number: to, ...rest }) {
    return this.voice.call({ to, ...rest });
  }

  voiceCallStatus(id) {
    return this.voice.getStatus(id);
  }
}
