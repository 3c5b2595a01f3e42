"""The client of the specification's sample, over the published one: the sample's `LLMClient` has the methods of a phone, the
published `LLMClient` has not, and its `PhoneClient` and `VoiceClient` call them otherwise."""

import os

from world import API

# Not before `world`: it gives the client a home of its own.
from blockrun_llm import PhoneClient, VoiceClient


class LLMClient:
    def __init__(self):
        key = os.environ["BASE_CHAIN_WALLET_KEY"]
        self.phone = PhoneClient(key, api_url=API)
        self.voice = VoiceClient(key, api_url=API)

    def phone_buy(self, country, area_code):
        return self.phone.buy_number(country=country, area_code=area_code)

    def voice_call(self, phone_number, **rest):
        return self.voice.call(to=phone_number, **rest)

    def voice_call_status(self, call_id):
        return self.voice.get_status(call_id)
