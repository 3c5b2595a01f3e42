//! Transactions as bytes, written out from their format: signatures, then a message, legacy or
//! version 0; and in version 1 the message first, and nothing that says how many signatures follow.
//!
//! Read as strictly as a node does: lengths in their shortest form, no bytes left over, every index
//! within its list.

use sha2::{Digest, Sha256};

use super::{Pubkey, base58};

/// What fits into a packet.
pub const LARGEST: usize = 1232;
/// The same for version 1.
pub const LARGEST_V1: usize = 4096;
/// First byte of a message of version 1.
const V1: u8 = 0x81;

/// The kinds of messages that there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// Without a version.
    Legacy,
    /// With address tables.
    V0,
    /// Of up to 4,096 bytes, without address tables, and with its compute budget in front
    /// (SIMD-0385).
    V1,
}

impl Version {
    /// Its number, if it has one.
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Legacy => None,
            Self::V0 => Some(0),
            Self::V1 => Some(1),
        }
    }

    /// How long a transaction with it may be.
    pub const fn largest(self) -> usize {
        match self {
            Self::Legacy | Self::V0 => LARGEST,
            Self::V1 => LARGEST_V1,
        }
    }
}

/// A transaction: signatures, some of which may still be zero, over the bytes of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// One for each signer, in the message's order.
    pub signatures: Vec<[u8; 64]>,
    /// What is signed.
    pub bytes: Vec<u8>,
    /// The same, read.
    pub message: Message,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Which kind it is.
    pub version: Version,
    /// How many of the keys sign, how many of those only read, and how many of the others only
    /// read.
    pub header: [u8; 3],
    /// All keys, the payer of fees first.
    pub keys: Vec<Pubkey>,
    /// Which makes it expire.
    pub blockhash: [u8; 32],
    /// What is done, in this order.
    pub instructions: Vec<Compiled>,
    /// Tables of further keys, each with how many it adds.
    pub lookups: Vec<Lookup>,
}

/// An instruction, with indices in place of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compiled {
    /// Which key is the program.
    pub program: u8,
    /// Which keys it is about.
    pub accounts: Vec<u8>,
    /// What the program makes of it.
    pub data: Vec<u8>,
}

/// A table of further keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookup {
    /// Where it is.
    pub table: Pubkey,
    /// Which of its keys may be written to.
    pub writable: Vec<u8>,
    /// Which may not.
    pub readonly: Vec<u8>,
}

/// An instruction before it is compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Who carries it out.
    pub program: Pubkey,
    /// What it is about: the key, whether it signs, whether it is written to.
    pub accounts: Vec<(Pubkey, bool, bool)>,
    /// What the program makes of it.
    pub data: Vec<u8>,
}

impl Transaction {
    /// Reads one.
    pub fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.first() == Some(&V1) {
            return Self::decode_v1(bytes);
        }
        let mut rest = Reader(bytes);
        let count = rest.length()?;
        let signatures = (0..count).map(|_| rest.take::<64>()).collect::<Result<_, _>>()?;
        let message = Message::decode(rest.0)?;
        Ok(Self { signatures, bytes: rest.0.to_vec(), message })
    }

    fn decode_v1(bytes: &[u8]) -> Result<Self, &'static str> {
        let (message, mut rest) = Message::decode_v1(bytes)?;
        let signed = bytes.len() - rest.0.len();
        let signatures = (0..message.header[0]).map(|_| rest.take::<64>()).collect::<Result<_, _>>()?;
        if !rest.0.is_empty() {
            return Err("bytes are left over");
        }
        Ok(Self { signatures, bytes: bytes.get(..signed).unwrap_or_default().to_vec(), message })
    }

    /// Of a message that is not signed.
    pub fn unsigned(message: Message) -> Self {
        let signatures = vec![[0; 64]; usize::from(message.header[0])];
        Self { signatures, bytes: message.encode(), message }
    }

    /// As it travels.
    pub fn encode(&self) -> Vec<u8> {
        if self.message.version == Version::V1 {
            return [self.bytes.as_slice(), self.signatures.as_flattened()].concat();
        }
        let mut out = Vec::new();
        length(&mut out, self.signatures.len());
        out.extend(self.signatures.iter().flatten());
        out.extend(&self.bytes);
        out
    }

    /// What it is known by, once the payer of its fees has signed.
    pub fn signature(&self) -> String {
        base58(self.signatures.first().map_or(&[][..], |first| first.as_slice()))
    }

    /// What it is whatever keys sign it: SHA-256 of the message, in hexadecimal.
    pub fn digest(&self) -> String {
        alloy_primitives::hex::encode(Sha256::digest(&self.bytes))
    }

    /// Puts a signature where it belongs.
    pub fn sign(&mut self, key: &super::Key) {
        let at = self.message.signers().iter().position(|signer| *signer == key.address());
        if let Some(slot) = at.and_then(|at| self.signatures.get_mut(at)) {
            *slot = key.sign(&self.bytes);
        }
    }

    /// Whether all required signatures are there.
    pub fn is_signed(&self) -> bool {
        let signers = self.message.signers();
        let pairs = signers.iter().zip(&self.signatures);
        signers.len() == self.signatures.len() && pairs.into_iter().all(|(key, by)| key.signed(&self.bytes, by))
    }
}

impl Message {
    /// Puts the keys into their order: those that sign, those that are written to, each before the
    /// others.
    pub fn compile(payer: Pubkey, instructions: &[Instruction], blockhash: [u8; 32]) -> Self {
        let mut keys = vec![(payer, true, true)];
        let used =
            instructions.iter().flat_map(|one| one.accounts.iter().copied().chain([(one.program, false, false)]));
        for (key, signs, writes) in used {
            match keys.iter_mut().find(|(known, ..)| *known == key) {
                Some(known) => *known = (key, known.1 || signs, known.2 || writes),
                None => keys.push((key, signs, writes)),
            }
        }
        keys[1..].sort_by_key(|(key, signs, writes)| (!signs, !writes, *key));
        let many = |which: fn(&(Pubkey, bool, bool)) -> bool| index(keys.iter().filter(|key| which(key)).count());
        let header = [many(|key| key.1), many(|key| key.1 && !key.2), many(|key| !key.1 && !key.2)];
        let at = |key: &Pubkey| index(keys.iter().position(|(known, ..)| known == key).unwrap_or_default());
        let compiled = |one: &Instruction| Compiled {
            program: at(&one.program),
            accounts: one.accounts.iter().map(|(key, ..)| at(key)).collect(),
            data: one.data.clone(),
        };
        let instructions = instructions.iter().map(compiled).collect();
        let keys = keys.iter().map(|(key, ..)| *key).collect();
        Self { version: Version::V0, header, keys, blockhash, instructions, lookups: Vec::new() }
    }

    /// As it is signed.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = match self.version {
            Version::Legacy => Vec::new(),
            Version::V0 => vec![0x80],
            Version::V1 => return self.encode_v1(),
        };
        out.extend(self.header);
        length(&mut out, self.keys.len());
        out.extend(self.keys.iter().flat_map(|key| key.0));
        out.extend(self.blockhash);
        length(&mut out, self.instructions.len());
        for one in &self.instructions {
            out.push(one.program);
            run(&mut out, &one.accounts);
            run(&mut out, &one.data);
        }
        if self.version == Version::V0 {
            length(&mut out, self.lookups.len());
            for lookup in &self.lookups {
                out.extend(lookup.table.0);
                run(&mut out, &lookup.writable);
                run(&mut out, &lookup.readonly);
            }
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut rest = Reader(bytes);
        let legacy = bytes.first().is_some_and(|first| first & 0x80 == 0);
        if !legacy && rest.take::<1>()? != [0x80] {
            return Err("unsupported message version");
        }
        let header = rest.take()?;
        let count = rest.length()?;
        let keys = (0..count).map(|_| rest.take().map(Pubkey)).collect::<Result<_, _>>()?;
        let blockhash = rest.take()?;
        let mut instructions = Vec::new();
        for _ in 0..rest.length()? {
            let [program] = rest.take()?;
            instructions.push(Compiled { program, accounts: rest.run()?, data: rest.run()? });
        }
        let mut lookups = Vec::new();
        for _ in 0..if legacy { 0 } else { rest.length()? } {
            lookups.push(Lookup { table: Pubkey(rest.take()?), writable: rest.run()?, readonly: rest.run()? });
        }
        if !rest.0.is_empty() {
            return Err("bytes are left over");
        }
        let version = if legacy { Version::Legacy } else { Version::V0 };
        Ok(Self { version, header, keys, blockhash, instructions, lookups })
    }

    /// Nothing is asked of the compute budget: it is in instructions here, as in the other
    /// versions.
    fn encode_v1(&self) -> Vec<u8> {
        let mut out = vec![V1];
        out.extend(self.header);
        out.extend([0; 4]);
        out.extend(self.blockhash);
        out.extend([index(self.instructions.len()), index(self.keys.len())]);
        out.extend(self.keys.iter().flat_map(|key| key.0));
        for one in &self.instructions {
            let data =
                u16::try_from(one.data.len()).unwrap_or_else(|_| panic!("more data than an instruction can have"));
            out.extend([one.program, index(one.accounts.len())]);
            out.extend(data.to_le_bytes());
        }
        for one in &self.instructions {
            out.extend(&one.accounts);
            out.extend(&one.data);
        }
        out
    }

    fn decode_v1(bytes: &[u8]) -> Result<(Self, Reader<'_>), &'static str> {
        let mut rest = Reader(bytes);
        let [V1] = rest.take()? else { return Err("unsupported message version") };
        let header = rest.take()?;
        let mask = u32::from_le_bytes(rest.take()?);
        // The first two bits are the halves of one number; after the fourth number there is none.
        if mask >= 1 << 5 || matches!(mask & 0b11, 0b01 | 0b10) {
            return Err("invalid config mask");
        }
        let blockhash = rest.take()?;
        let [instructions, keys] = rest.take()?;
        let keys = (0..keys).map(|_| rest.take().map(Pubkey)).collect::<Result<_, _>>()?;
        for _ in 0..mask.count_ones() {
            rest.take::<4>()?;
        }
        let heads = (0..instructions).map(|_| rest.take::<4>()).collect::<Result<Vec<_>, _>>()?;
        let mut instructions = Vec::new();
        for [program, accounts, low, high] in heads {
            let data = usize::from(u16::from_le_bytes([low, high]));
            let (accounts, data) = (rest.many(usize::from(accounts))?, rest.many(data)?);
            instructions.push(Compiled { program, accounts, data });
        }
        let lookups = Vec::new();
        Ok((Self { version: Version::V1, header, keys, blockhash, instructions, lookups }, rest))
    }

    /// Who has to sign.
    pub fn signers(&self) -> &[Pubkey] {
        self.keys.get(..usize::from(self.header[0])).unwrap_or(&self.keys)
    }

    /// The key of an index, unless it is in a table.
    pub fn key(&self, at: u8) -> Option<Pubkey> {
        self.keys.get(usize::from(at)).copied()
    }

    /// Who carries an instruction out.
    pub fn program(&self, of: &Compiled) -> String {
        self.key(of.program).map(|key| key.to_string()).unwrap_or_default()
    }

    /// Whether all counts and indices make sense.
    pub fn is_sane(&self) -> bool {
        let [signers, reading, others] = self.header.map(usize::from);
        let looked_up: usize = self.lookups.iter().map(|one| one.writable.len() + one.readonly.len()).sum();
        let all = self.keys.len() + looked_up;
        let within = |one: &Compiled| {
            let program = usize::from(one.program);
            program > 0 && program < self.keys.len() && one.accounts.iter().all(|at| usize::from(*at) < all)
        };
        reading < signers && signers + others <= self.keys.len() && all <= 256 && self.instructions.iter().all(within)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or("unexpected end of input")?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Seven bits a byte, the lowest first.
    fn length(&mut self) -> Result<usize, &'static str> {
        let mut value = 0;
        for place in 0..3_u32 {
            let [byte] = self.take()?;
            value |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                let shortest = place == 0 || byte != 0;
                return (shortest && value <= 0xffff).then_some(value).ok_or("alias encoding of a length");
            }
        }
        Err("a length of more than three bytes")
    }

    fn run(&mut self) -> Result<Vec<u8>, &'static str> {
        let many = self.length()?;
        self.many(many)
    }

    fn many(&mut self, many: usize) -> Result<Vec<u8>, &'static str> {
        let (taken, rest) = self.0.split_at_checked(many).ok_or("unexpected end of input")?;
        self.0 = rest;
        Ok(taken.to_vec())
    }
}

fn index(number: usize) -> u8 {
    u8::try_from(number).unwrap_or_else(|_| panic!("more keys than a message can have: {number}"))
}

fn length(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        out.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

fn run(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend(bytes);
}
