//! Where a world answers: a door for each neighbour and for the product, on a port of its own.
//!
//! It knows nothing about what is behind a door.

use std::convert::Infallible;
use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use axum::Router;
use axum::serve::ListenerExt;

use super::Neighbour;
use crate::history::History;
use crate::measure::Meter;

/// One thing for each door of a world.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Doors<T> {
    /// The product.
    pub gateway: T,
    /// JSON-RPC of the chain.
    pub rpc: T,
    /// JSON-RPC of the cluster of Solana.
    pub solana: T,
    /// `/verify`, `/settle`.
    pub facilitator: T,
    /// Twilio's API.
    pub twilio: T,
    /// Bland's API.
    pub bland: T,
    /// DynamoDB.
    pub dynamo: T,
    /// EventBridge Scheduler.
    pub scheduler: T,
    /// AWS KMS.
    pub kms: T,
    /// AWS Secrets Manager.
    pub secrets_manager: T,
    /// AWS S3.
    pub s3: T,
    /// AWS STS, for the operator.
    pub sts: T,
}

/// Which port is whose; 0 is any that is free.
pub type Ports = Doors<u16>;

/// Where everything answers, without trailing slashes.
pub type Urls = Doors<String>;

/// A port that cannot be had.
#[derive(Debug)]
pub struct PortTaken {
    /// Which.
    pub port: u16,
    /// Why.
    pub source: io::Error,
}

/// A port that is ours, before anything answers there.
pub(super) struct Bound {
    listener: tokio::net::TcpListener,
    url: String,
}

impl<T> Doors<T> {
    fn each<U, E>(&self, mut of: impl FnMut(&T) -> Result<U, E>) -> Result<Doors<U>, E> {
        Ok(Doors {
            gateway: of(&self.gateway)?,
            rpc: of(&self.rpc)?,
            solana: of(&self.solana)?,
            facilitator: of(&self.facilitator)?,
            twilio: of(&self.twilio)?,
            bland: of(&self.bland)?,
            dynamo: of(&self.dynamo)?,
            scheduler: of(&self.scheduler)?,
            kms: of(&self.kms)?,
            secrets_manager: of(&self.secrets_manager)?,
            s3: of(&self.s3)?,
            sts: of(&self.sts)?,
        })
    }
}

impl Ports {
    /// All of them, ours from now on. Needs a runtime.
    pub(super) fn opened(&self) -> Result<Doors<Bound>, PortTaken> {
        self.each(|port| Bound::at(*port).map_err(|source| PortTaken { port: *port, source }))
    }
}

impl Doors<Bound> {
    pub(super) fn urls(&self) -> Urls {
        let Ok(urls) = self.each(|bound| Ok::<_, Infallible>(bound.url.clone()));
        urls
    }
}

impl Bound {
    fn at(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener: tokio::net::TcpListener::from_std(listener)?, url })
    }

    pub(super) fn serve(self, router: Router) {
        // Answers are small: none should wait for another.
        let listener = self.listener.tap_io(|stream| _ = stream.set_nodelay(true));
        tokio::spawn(axum::serve(listener, router).into_future());
    }

    pub(super) fn serve_watched(self, router: Router, neighbour: Neighbour, (meter, history): (&Meter, &History)) {
        let router = history.of_neighbour(neighbour, meter.watch(neighbour, router));
        let meter = meter.clone();
        let listener = self.listener.tap_io(move |stream| {
            _ = stream.set_nodelay(true);
            meter.connected();
        });
        tokio::spawn(axum::serve(listener, router).into_future());
    }
}
