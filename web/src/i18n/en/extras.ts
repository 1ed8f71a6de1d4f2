// Words of what is seldom asked for in the chats: places, what an assistant does for one reader, webhooks.
export default {
  placeName: 'What it is called', latitude: 'Latitude, in degrees', longitude: 'Longitude, in degrees', whereIAm: 'Use where I am',
  placeUnknown: 'This device does not say where it is. Allow it for this page, or type the degrees.', degreesWrong: 'Degrees with a point: 52.52',
  // What an assistant does for one reader
  summary: 'What is unread, in short', translation: 'Translation', onlyYou: 'only you see this', toField: 'Put into the message', answersWith: 'Who does it: {name}',
  // Webhooks
  hooks: 'Webhooks', noHooks: 'Scripts, alerts and other systems can post here through an address of their own.', newHook: 'New webhook', makeHook: 'Make webhook',
  hookName: 'Name', hookNameHint: 'Its posts carry it, with the mark of a bot.', hookMade: 'made by {name}, {time}', hookDeleted: 'The webhook is deleted.',
  address: 'Address', addressHint: 'Told once, when it was made.', rotate: 'New address', rotateTitle: 'Give {name} a new address?', rotateText: 'Whatever posts here needs the new one within a day; until then both work.',
  endOld: 'End the old one at once', endOldHint: 'When others have seen it. What still posts there is refused.', oldAddress: 'The one before works too until {time}.',
  deleteHook: 'Delete webhook', deleteHookHint: 'What it has posted stays.', deleteHookTitle: 'Delete {name}?', deleteHookText: 'Its address opens nothing any more. What it has posted stays.',
  lastCalls: 'Last calls', lookAgain: 'Look again', noCalls: 'Nothing has called since the server was started.', posts: { one: '{count} post', other: '{count} posts' },
  addressOf: 'Address of {name}', addressOnce: 'Shown this once. Whoever has it can post here: keep it like a password. It takes what Slack, Mattermost, Grafana, Alertmanager, GitHub, Gitea, ntfy and Gotify send.',
  // Pictures of other servers
  showPicture: 'Show picture', noPicture: 'The picture could not be loaded.', pictureOn: 'Picture on {host}',
  tryIt: 'Try it from a command line:', sampleText: 'Hello from a script',
} as const;
