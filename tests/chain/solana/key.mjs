// `node key.mjs N`: the well-known key whose secret is 32 times the byte N, as wallets export it.

import { createKeyPairSignerFromPrivateKeyBytes, getAddressEncoder, getBase58Decoder } from '@solana/kit';

const secret = new Uint8Array(32).fill(Number(process.argv[2]));
const { address } = await createKeyPairSignerFromPrivateKeyBytes(secret);
console.log(getBase58Decoder().decode(new Uint8Array([...secret, ...getAddressEncoder().encode(address)])));
