// Compiled against the built package, as a program in another folder would be.
import { connect, type Message, type Sent } from 'tidings-chat';

const client = await connect({ url: 'https://chat.example.org', token: 'tds_1' });
const sent: Sent = await client.send('bob', 'Hello', { markdown: true });
const heard = (message: Message): string | null => ('text' in message.entry.body ? message.entry.body.text.text : null);
client.on('message', (message) => void heard(message));
await client.command({ react: { conversation: sent.conversation, seq: sent.seq, emoji: '👍', on: true } });
// @ts-expect-error A command has all its fields.
await client.command({ react: { conversation: 1 } });
