"""Another facilitator for chains on this machine, for a second opinion: Coinbase's own in Python, as it is published.

It keeps to what `../node/facilitator.mjs` keeps to: `POST /PORT/verify` and `POST /PORT/settle` are about the chain of the node
at that port, it begins with a line that says where it listens, and it ends when its standard input does.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from x402 import x402FacilitatorSync
from x402.mechanisms.evm import FacilitatorWeb3Signer
from x402.mechanisms.evm.exact import register_exact_evm_facilitator
from x402.schemas import PaymentRequirements
from x402.schemas.helpers import parse_payment_payload
from x402.schemas.v1 import PaymentRequirementsV1

# The published key of a development node's eighth account.
KEY = "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"

facilitators, making = {}, threading.Lock()


def facilitator(port):
    with making:
        if port not in facilitators:
            made = x402FacilitatorSync()
            signer = FacilitatorWeb3Signer(private_key=KEY, rpc_url=f"http://127.0.0.1:{port}")
            register_exact_evm_facilitator(made, signer, networks="eip155:8453")
            facilitators[port] = made
        return facilitators[port]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        port, _ = self.path.strip("/").split("/")
        self.say(200, facilitator(port).get_supported().model_dump_json(by_alias=True, exclude_none=True))

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            port, route = self.path.strip("/").split("/")
            payload = parse_payment_payload(asked["paymentPayload"])
            kind = PaymentRequirements if payload.x402_version == 2 else PaymentRequirementsV1
            answer = getattr(facilitator(int(port)), route)(payload, kind.model_validate(asked["paymentRequirements"]))
            self.say(200, answer.model_dump_json(by_alias=True, exclude_none=True))
        # What a library throws is for its host to answer.
        except Exception as error:
            self.say(500, json.dumps({"error": str(error), "name": type(error).__name__}))

    def say(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_address[1]}), flush=True)
sys.stdin.read()
os._exit(0)
