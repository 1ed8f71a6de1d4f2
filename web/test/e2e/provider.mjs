// A provider of models in a few lines: it speaks the wire format of chat completions, and writes as slowly as a flow wants.
import { createServer } from 'node:http';

export class Provider {
  /** What it answers to a question; pieces go out one after another. */
  answer = () => ['Hello', ' there.'];
  pauseMs = 30;
  requests = [];

  async start() {
    this.server = createServer((request, response) => void this.#serve(request, response).catch(() => response.destroy()));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/v1`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #serve(request, response) {
    if (request.url.endsWith('/models')) {
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify({ object: 'list', data: [{ id: 'parrot-1', object: 'model' }] }));
    }
    let text = '';
    for await (const piece of request) text += piece;
    const asked = JSON.parse(text);
    this.requests.push(asked);
    const pieces = this.answer(asked);
    if (typeof pieces === 'number') {
      response.writeHead(pieces, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ error: { message: 'The parrot is out of seeds.' } }));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = (delta, finish_reason = null) =>
      response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'parrot-1', choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    for (const content of pieces) {
      if (response.destroyed) return;
      chunk({ content });
      await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
    }
    chunk({}, 'stop');
    response.end('data: [DONE]\n\n');
  }
}
