//! `POST /mcp`: what is sold here, as tools for agents that speak the Model Context Protocol. Made
//! of the same table as everything else, and with no right of its own: a tool asks the endpoint
//! that it is made of.

use shared::endpoints::mcp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    mcp::run().await
}
