// A small world by REST: an administrator whose eyes we see with, ten people, what they say to each other, and who wants to know whom.
// The same on every run, so that pictures of it can be compared.
import { landscape } from './png.mjs';
import { Provider } from './provider.mjs';

const PEOPLE = [
  ['ada', 'Ada Lindqvist', 'Tea first.'], ['bo', '王博', '慢慢来，比较快'], ['chen', '陈晓雨', '今天也要好好吃饭'],
  ['dana', 'Dana Okafor', 'On call until Friday'], ['emil', 'Emil Novák', null], ['fang', '方子涵', null],
  ['grace', 'Grace Kim', 'She/her. Lisbon.'], ['hua', '李华', '山高水长'], ['ines', 'Inês Duarte', null], ['jun', 'Jun Tanaka', null],
];
const STRANGERS = [['noor', 'Noor Haddad', 'We met at the workshop on Tuesday.'], ['zhou', '周敏', '你好，我是小雨的同事。']];

export class World {
  constructor(server, chief) {
    Object.assign(this, { server, chief, people: {}, chats: {} });
  }

  /** Does something in somebody's name. */
  as(person, method, path, body) {
    return this.server.ask(method, path, { token: person.token, body });
  }

  /** Says something in a chat; the answer is its place. Words, or whatever a message can be. */
  async say(person, chat, content, more = {}) {
    const body = typeof content === 'string' ? { text: { text: content, ...more } } : content;
    return (await this.as(person, 'POST', `/conversations/${chat}/entries`, body)).entry.seq;
  }

  /** Uploads bytes in somebody's name; the answer is the file's id. */
  async upload(person, name, type, bytes) {
    const answer = await fetch(`${this.server.url}/api/v1/media?name=${encodeURIComponent(name)}`, {
      method: 'POST', headers: { authorization: `Bearer ${person.token}`, 'content-type': type }, body: bytes,
    });
    if (!answer.ok) throw new Error(`upload of ${name}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).media;
  }

  async direct(person) {
    return (await this.as(this.chief, 'POST', '/conversations', { direct: { user: person.user } })).conversation.id;
  }

  async group(owner, title, members, rules = {}) {
    const group = { title, members: members.map((person) => person.user), rules };
    return (await this.as(owner, 'POST', '/conversations', { group })).conversation.id;
  }

  read(person, chat, seq) {
    return this.as(person, 'PUT', `/conversations/${chat}/read`, { seq });
  }

  react(person, chat, seq, emoji) {
    return this.as(person, 'PUT', `/conversations/${chat}/entries/${seq}/reactions/${encodeURIComponent(emoji)}`);
  }
}

/** Makes it on a server that has nobody but its administrator. */
export async function makeWorld(server, chief) {
  const world = new World(server, chief);
  await makePeople(world);
  await makeDirectChats(world);
  await makeGroups(world);
  await makeAssistants(world);
  await makeOtherSystems(world);
  return world;
}

async function makePeople(world) {
  const { server, chief, people } = world;
  const face = await world.upload(chief, 'me.png', 'image/png', landscape(2, 256, 256));
  await world.as(chief, 'PUT', '/me/profile', { name: 'Mei Lin 林梅', card: { avatar: face, signature: 'Slow is smooth.', location: 'Hamburg' } });
  for (const [nth, [user, name, signature]] of PEOPLE.entries()) {
    const person = await server.person(user, name);
    people[user] = person;
    const avatar = nth % 4 === 2 ? await world.upload(person, 'me.png', 'image/png', landscape(nth, 256, 256)) : null;
    await world.as(person, 'PUT', '/me/profile', { name, card: { signature, avatar } });
    await server.befriend(chief, person);
  }
  for (const [user, name, greeting] of STRANGERS) {
    people[user] = await server.person(user, name);
    await world.as(people[user], 'POST', '/contact-requests', { user: chief.user, greeting });
  }
  await world.as(chief, 'PUT', '/contacts/hua', { remark: '李华（爬山）' });
  const { label } = await world.as(chief, 'POST', '/contact-labels', { name: '同事 Colleagues' });
  await world.as(chief, 'POST', `/contact-labels/${label}/contacts`, { add: ['ada', 'bo', 'dana'] });
}

async function makeDirectChats(world) {
  const { chief, people: { ada, bo, chen, dana, emil, hua, grace } } = world;
  const chats = world.chats;
  for (const person of [emil, grace, hua, dana, bo, chen, ada]) chats[person.user] = await world.direct(person);

  const paper = await world.upload(emil, 'Minutes of November.pdf', 'application/pdf', Buffer.from('%PDF-1.4\n% A page.\n'.repeat(900)));
  await world.say(emil, chats.emil, { media: { kind: 'file', media: paper, caption: { text: '' } } });
  await world.say(chief, chats.emil, 'Thank you, I will read it tonight.');
  await world.say(grace, chats.grace, 'See you on Monday! 👋');
  await world.say(hua, chats.hua, '周六早上七点在地铁站见，记得带水。');
  await world.say(dana, chats.dana, 'Pager is quiet.');
  await world.as(chief, 'PATCH', `/conversations/${chats.dana}`, { muted_until: 253_402_300_799_000 });
  await world.say(bo, chats.bo, '新的服务器跑起来了吗？');
  const running = await world.say(chief, chats.bo, '跑起来了，一个文件就够，重启不到一秒。');
  await world.read(bo, chats.bo, running);
  const rain = await world.say(chen, chats.chen, '明天可能下雨，要不要改到周日？');
  await world.say(chen, chats.chen, '我看了预报，周日是晴天 ☀️');
  await world.react(chen, chats.chen, rain, '🌧️');
  await talkWithAda(world, ada);
}

async function talkWithAda(world, ada) {
  const { chief } = world;
  const chat = world.chats.ada;
  await world.say(ada, chat, 'Good morning! Did the lighthouse pictures arrive?');
  await world.say(chief, chat, 'They did. I put the best one on the wall of the office.');
  const picture = await world.upload(ada, 'lighthouse.png', 'image/png', landscape(0));
  const shown = await world.say(ada, chat, { media: { kind: 'image', media: picture, caption: { text: 'This one? It was taken a minute before the rain.' } } });
  await world.react(chief, chat, shown, '❤️');
  const answer = await world.say(chief, chat, 'Exactly that one.', { reply_to: shown });
  await world.react(ada, chat, answer, '👍');
  await world.say(ada, chat, '**Agenda for Thursday**\n\n- [the draft](https://example.org/draft), at last\n- who brings the `projector`\n- cake\n\n> Short meetings are good meetings.', { markdown: true });
  const last = await world.say(chief, chat, 'I bring the cake, then nobody will be late.');
  await world.read(chief, chat, last);
  await world.read(ada, chat, last);
  await world.say(ada, chat, 'Deal 🍰');
  await world.say(ada, chat, 'One more thing: the room has changed, we are on the third floor now.');
}

async function makeGroups(world) {
  const { chief, people: { ada, bo, chen, dana, emil, fang, hua, jun, ines } } = world;
  const hike = await world.group(hua, '周末爬山', [chief, chen, fang, bo]);
  await world.say(hua, hike, '这周去北边那座山，路线我发在公告里了。');
  await world.say(chen, hike, '收到！');
  await world.say(fang, hike, '@林梅 你来吗？', { mentions: [chief.user] });

  const crew = await world.group(chief, 'Release crew', [ada, bo, chen, dana, emil, fang, jun, ines]);
  Object.assign(world.chats, { hike, crew });
  await world.as(chief, 'PUT', `/groups/${crew}/card`, { notice: 'We release on Thursdays, never on Fridays.', introduction: 'Everybody who ships.' });
  await world.as(chief, 'PUT', `/groups/${crew}/managers/ada`);
  await world.as(chief, 'PATCH', `/conversations/${crew}`, { pinned: true });
  const news = await world.say(ada, crew, 'The candidate is built. Who looks at the dashboards?');
  await world.say(dana, crew, 'I do, until six.', { reply_to: news });
  await world.say(bo, crew, '我来看日志。');
  const code = await world.say(emil, crew, 'The last failure was a race, this repairs it:\n\n```rust\nlet entry = log.append(command)?;\nsubscribers.publish(&entry);\n```\n\nDurable first, then visible.', { markdown: true });
  for (const [person, emoji] of [[ada, '🎉'], [dana, '🎉'], [chief, '🎉'], [bo, '👀']]) await world.react(person, crew, code, emoji);
  const chart = await world.upload(jun, 'view.png', 'image/png', landscape(3));
  await world.say(jun, crew, { media: { kind: 'image', media: chart, caption: { text: 'Latency, as seen from my window.' } } });
  await world.as(chief, 'PUT', `/conversations/${crew}/pins/${news}`);
  const mine = await world.say(chief, crew, 'Then we go ahead at three. Thank you, all of you!');
  for (const person of [ada, bo, dana]) await world.read(person, crew, mine);
  await world.read(chief, crew, mine);
}

const ANSWER = [
  'Compare what you hold with what the server has:\n\n', '```rust\nfor (chat, last) in held {\n    let head = log.head(chat);\n', '    if head > last {\n        gaps.push(Gap { chat, from: last + 1, to: head });\n    }\n}\n```\n\n',
  '| case | action |\n|---|---|\n| at most 100 | ask for the range |\n| more | the newest page, and a hole |\n\n', 'Fill a hole when somebody scrolls to it.',
];

/** Two assistants with a provider that ends with this process, and a chat with one of them. */
async function makeAssistants(world) {
  const { chief, server } = world;
  const provider = new Provider();
  await provider.start();
  provider.server.unref();
  provider.pauseMs = 0;
  provider.answer = ({ messages }) => (messages[0]?.content.startsWith('Translate') ? ['房间换了，我们在三楼。'] : ANSWER);
  for (const [user, name, model] of [['assistant', 'Assistant', 'qwen-plus'], ['coder', 'Coder', 'qwen-coder']]) {
    await world.as(chief, 'PUT', `/admin/assistants/${user}`, { name, settings: { base_url: provider.url, model } });
  }
  world.chats.question = (await world.as(chief, 'POST', '/assistants/assistant/conversations', {})).conversation.id;
  const asked = await world.say(chief, world.chats.question, '客户端重连后，怎样判断哪些会话有消息缺口？给一段 Rust 示例。');
  const answered = async () => (await server.ask('GET', `/conversations/${world.chats.question}/entries`, { token: chief.token })).entries.find(({ body }) => body.answer?.question === asked);
  let answer;
  while (!(answer = await answered())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await world.react(chief, world.chats.question, answer.seq, '👍');
}
const POLL_MS = 50;

/** A webhook that was called well and badly, an app with keys, people and whom it asks, and a bot with a token. */
async function makeOtherSystems(world) {
  const { chief, chats } = world;
  const { url } = await world.as(chief, 'POST', `/conversations/${chats.crew}/hooks`, { name: 'Grafana' });
  const call = (body) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await call('{"text": ');
  await call(JSON.stringify({ attachments: [{ color: '#2eb886', title: 'Latency is back to normal', text: 'p99 below 5 ms', fields: [{ title: 'Host', value: 'alpha', short: true }, { title: 'For', value: '12 minutes', short: true }] }] }));
  const { conversation } = await world.as(chief, 'GET', `/conversations/${chats.crew}`);
  await world.read(chief, chats.crew, conversation.head);
  const { app } = await world.as(chief, 'POST', '/admin/apps', { name: 'shop' });
  world.app = app;
  await world.as(chief, 'POST', `/admin/apps/${app}/keys`, { kind: 'hs256', name: 'Shop front' });
  const { secret } = await world.as(chief, 'POST', `/admin/apps/${app}/keys`, { kind: 'api', name: 'Order system' });
  await world.as(chief, 'PUT', `/admin/apps/${app}/before-hook`, { url: 'https://shop.example.org/before', actions: ['message_send', 'member_add'] });
  await world.as(chief, 'PUT', `/admin/apps/${app}/origins`, { origins: ['https://shop.example.org'] });
  await world.as(chief, 'POST', '/admin/users', { user: 'dice', name: 'Dice', kind: 'bot' });
  await world.as(chief, 'POST', '/admin/users/dice/tokens', { name: 'Casino' });
  for (const user of ['customer-17', 'customer-18']) {
    await world.server.ask('POST', `/apps/${app}/users`, { token: secret, body: { user, name: user } });
  }
}
