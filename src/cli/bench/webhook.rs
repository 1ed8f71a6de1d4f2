//! What a webhook costs those who chat: the same pairs, in one run, now without and now with a webhook that is told of every message.
//!
//! The receiver is as cheap as one can be, on threads of its own: it reads a post and answers 204. It shares the processors with the
//! server, as the generator does, so a part of what is measured is its.

use super::super::{Failure, exit, unexpected};
use super::Args;
use super::load::{Play, WARM_UP};
use super::peer::{Phase, Shared};
use super::report::{Report, histogram};
use super::target::{Target, ask};
use crate::control::{Request, Response};
use crate::model::{Name, Secret, WebhookId, WebhookSettings};
use hdrhistogram::Histogram;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The app that the generator's users are of.
const APP: &str = "home";

/// One part, as it is reported.
#[derive(Default)]
struct Figures {
    sends_per_second: f64,
    ack_p50_ms: f64,
    ack_p99_ms: f64,
    posts_per_second: f64,
    server_cpu: f64,
    own_cpu: f64,
}

/// Runs `webhook`.
pub(super) async fn run(args: &Args, target: &Target, report: &mut Report) -> Result<(), Failure> {
    let (address, taken) = receiver()?;
    let shared = Shared::new(args.encoding());
    let mut play = Play::of_pairs(args, target, &shared).await?;
    play.run_for(WARM_UP).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        without.push(part(args, target, &shared, &mut play, &taken).await?);
        let webhook = create(target, address).await?;
        play.run_for(WARM_UP).await?;
        with.push(part(args, target, &shared, &mut play, &taken).await?);
        // What it was behind goes with it.
        delete(target, webhook).await?;
        play.run_for(WARM_UP).await?;
    }
    shared.phase.set(Phase::Drain);
    report.server_rss_bytes = super::probe::rss_bytes(target.pid);
    report.seconds = (2 * u64::from(args.rounds) * args.seconds) as f64;
    let of = |parts: &[Figures], figure: fn(&Figures) -> f64| Some(median(parts.iter().map(figure).collect()));
    report.without_sends_per_second = of(&without, |part| part.sends_per_second);
    report.with_sends_per_second = of(&with, |part| part.sends_per_second);
    // Of each round, so that what else the machine does meanwhile is in both.
    let ratios = without.iter().zip(&with).map(|(without, with)| with.sends_per_second / without.sends_per_second);
    report.with_by_without = Some(median(ratios.collect()));
    report.without_ack_p50_ms = of(&without, |part| part.ack_p50_ms);
    report.with_ack_p50_ms = of(&with, |part| part.ack_p50_ms);
    report.without_ack_p99_ms = of(&without, |part| part.ack_p99_ms);
    report.with_ack_p99_ms = of(&with, |part| part.ack_p99_ms);
    report.posts_per_second = of(&with, |part| part.posts_per_second);
    report.without_server_cpu = of(&without, |part| part.server_cpu);
    report.with_server_cpu = of(&with, |part| part.server_cpu);
    report.without_generator_cpu = of(&without, |part| part.own_cpu);
    report.with_generator_cpu = of(&with, |part| part.own_cpu);
    play.end(report).await
}

/// Counts for a time.
async fn part(
    args: &Args,
    target: &Target,
    shared: &Shared,
    play: &mut Play,
    taken: &AtomicU64,
) -> Result<Figures, Failure> {
    let (acks, posts) = (shared.acks.get(), taken.load(Ordering::Relaxed));
    let before: Histogram<u64> = shared.ack_latencies.replace(histogram());
    let part = play.count(target, Duration::from_secs(args.seconds)).await?;
    let latencies = shared.ack_latencies.replace(before);
    let at = |quantile| latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    Ok(Figures {
        sends_per_second: (shared.acks.get() - acks) as f64 / part.seconds,
        ack_p50_ms: at(0.5),
        ack_p99_ms: at(0.99),
        posts_per_second: (taken.load(Ordering::Relaxed) - posts) as f64 / part.seconds,
        server_cpu: part.server_cpu_s / part.seconds,
        own_cpu: part.own_cpu_s / part.seconds,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

async fn create(target: &Target, address: SocketAddr) -> Result<WebhookId, Failure> {
    let url = Secret::new(format!("http://{address}/"));
    let settings = WebhookSettings { url, name: None, types: Vec::new(), conversations: Vec::new(), enabled: true };
    let request = Request::AppWebhookCreate { name: app()?, settings: Box::new(settings) };
    match ask(&target.data, &request).await? {
        Response::Webhook(made) => Ok(made.webhook.webhook),
        Response::Refused(refusal) => Err(refusal.into()),
        _ => Err(unexpected()),
    }
}

async fn delete(target: &Target, webhook: WebhookId) -> Result<(), Failure> {
    match ask(&target.data, &Request::AppWebhookDelete { name: app()?, webhook }).await? {
        Response::Refused(refusal) => Err(refusal.into()),
        _ => Ok(()),
    }
}

fn app() -> Result<Name, Failure> {
    Name::new(APP).map_err(|error| Failure::new(exit::DATA, error.to_string()))
}

/// Takes posts until the program ends; where, and how many were taken.
fn receiver() -> Result<(SocketAddr, Arc<AtomicU64>), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(exit::CANNOT_CREATE, format!("The receiver of posts could not be started: {error}."))
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let taken = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&taken);
    let accepting = move || {
        // At most four of one webhook.
        for stream in listener.incoming().flatten() {
            let counter = Arc::clone(&counter);
            let serving = move || {
                // A connection that breaks is the server's to make anew.
                drop(serve(&stream, &counter));
            };
            drop(std::thread::Builder::new().name("posts".to_owned()).spawn(serving));
        }
    };
    std::thread::Builder::new().name("posts".to_owned()).spawn(accepting).map_err(failed)?;
    Ok((address, taken))
}

/// Answers the posts of one connection.
fn serve(stream: &TcpStream, taken: &AtomicU64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::with_capacity(64 * 1024, stream), stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(std::io::Error::other)?;
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        taken.fetch_add(1, Ordering::Relaxed);
        writer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}
