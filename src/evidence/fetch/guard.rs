//! Who may be connected to. Names are looked up here, once for each connection, and what was checked is what is connected to: so a
//! name that answers otherwise a moment later (DNS rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::evidence::fetch::address::special;
use crate::evidence::fetch::error::FetchError;

/// Gives the addresses of a host.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The kind of an address that must not be connected to.
pub type Judge = fn(IpAddr) -> Option<&'static str>;

/// Decides on hosts and their addresses.
#[derive(Clone)]
pub struct Guard {
    lookup: Lookup,
    judge: Judge,
}

impl Guard {
    /// Public addresses only, looked up by the system.
    #[must_use]
    pub fn of_the_internet() -> Guard {
        Guard::new(Arc::new(|host| system(host).boxed()), special)
    }

    pub(super) fn new(lookup: Lookup, judge: Judge) -> Guard {
        Guard { lookup, judge }
    }

    /// Checks all of an address that can be told without looking its host up. The `url` crate has brought the odd spellings of
    /// numbers (`http://2130706433`, `http://0x7f.1`) into their usual form.
    ///
    /// # Errors
    /// Why it is not fetched.
    pub fn check(&self, url: &Url, ports: &[u16]) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !ports.contains(&port) {
            return Err(FetchError::Port(port));
        }
        let host = url.host_str().ok_or(FetchError::NoAddress)?;
        match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) => self.allow(address),
            Err(_) => Ok(()),
        }
    }

    fn allow(&self, address: IpAddr) -> Result<(), FetchError> {
        match (self.judge)(address) {
            Some(kind) => Err(FetchError::Special { address: address.to_string(), kind }),
            None => Ok(()),
        }
    }

    /// The addresses of a host. One that must not be connected to makes the host refused: nobody who means well mixes them.
    async fn addresses(self, host: String) -> Result<Vec<IpAddr>, FetchError> {
        let found = (self.lookup)(host).await.map_err(|error| FetchError::NotFound(error.to_string()))?;
        found.iter().try_for_each(|address| self.allow(*address))?;
        if found.is_empty() { Err(FetchError::NotFound("it has no address".to_owned())) } else { Ok(found) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move {
            // Port 0 stands for the one that the address names.
            let found = addresses.await?.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

async fn system(host: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_judged_however_it_is_spelled(bits in any::<u32>(), private in 0..5_usize) {
            // Half of the addresses at random, half out of blocks that a router at home uses.
            let block = [None, None, Some(10_u32 << 24), Some(0x7f00_0000), Some(0xc0a8_0000)][private];
            let address = Ipv4Addr::from_bits(block.map_or(bits, |block| block | (bits & 0xffff)));
            let [a, b, c, d] = address.octets();
            let whole = address.to_bits();
            let expected = match special(address.into()) {
                Some(kind) => Err(FetchError::Special { address: address.to_string(), kind }),
                None => Ok(()),
            };
            for host in [
                address.to_string(),
                whole.to_string(),
                format!("{whole:#x}"),
                format!("0{whole:o}"),
                format!("{a:#x}.{b}.0{c:o}.{d}"),
                format!("{a}.{}", whole & 0x00ff_ffff),
                format!("{address}."),
            ] {
                let url: Url = format!("http://{host}/").parse().unwrap();
                prop_assert_eq!(Guard::of_the_internet().check(&url, &[80]), expected.clone(), "{}", host);
            }
        }
    }
}
