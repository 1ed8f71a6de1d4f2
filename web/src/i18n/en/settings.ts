// Words of the settings.
export default {
  title: 'Settings', saved: 'Saved',
  profile: 'Profile', privacy: 'Privacy', notifications: 'Notifications', appearance: 'Appearance', security: 'Security',
  devices: 'Devices', account: 'Data and account', about: 'About',
  // Profile
  aboutMe: 'About you', displayName: 'Display name',
  signature: 'Signature', signatureHint: 'One line under your name', gender: 'Gender', birthday: 'Birthday', location: 'Place',
  spokenLanguage: 'Languages you speak', phone: 'Phone', email: 'E-mail',
  othersSee: 'Others see it. Privacy has the switch.', onlyYouSee: 'Only you see it. Privacy has the switch.',
  status: 'Your status', statusNote: 'It is the same on all of your devices.', availability: 'Show me as',
  whenHere: 'Online when I am here', busy: 'Busy', invisible: 'Invisible', until: 'Until', untilChanged: 'Until I change it',
  halfHour: 'For 30 minutes', oneHour: 'For an hour', fourHours: 'For four hours', untilTonight: 'Until midnight',
  statusWords: 'In words', statusExample: 'In a meeting', statusEmoji: 'Emoji of the status', setStatus: 'Set status', clearStatus: 'Clear words',
  // Privacy
  reachingMe: 'Who reaches you', contactPolicy: 'Contact requests', contactPolicyHint: 'What happens when somebody wants to add you',
  policyApprove: 'Ask me', policyOpen: 'Accept all', policyClosed: 'Refuse all', strangers: 'Messages from strangers',
  strangersHint: 'Who can write to you directly', asServer: 'As the server says', anyone: 'Anyone', contactsOnly: 'Contacts only',
  everyone: 'Everyone', nobody: 'Nobody', seenOfMe: 'What others see', lastSeen: 'When you were last here',
  lastSeenHint: 'And whether you are here now', showPhone: 'Show my phone number', showEmail: 'Show my e-mail address',
  // Appearance
  thisDevice: 'This device', thisDeviceNote: 'These hold for this browser alone.', theme: 'Theme', asSystem: 'As the system',
  light: 'Light', dark: 'Dark', density: 'Density', comfortable: 'Comfortable', compact: 'Compact', enterSends: 'Enter sends the message',
  enterSendsHint: 'When off, Ctrl + Enter sends and Enter begins a new line',
  // Notifications
  whileOpen: 'While Tidings is open', sound: 'Sound', desktop: 'Notifications', desktopHint: 'When this page is in the background',
  showText: 'Show what was said', showTextHint: 'When off, notifications only say who wrote', whileClosed: 'While Tidings is closed',
  push: 'Push notifications', pushIsOn: 'On for this device.', pushIsOff: 'The browser will ask once.', turnOn: 'Turn on', turnOff: 'Turn off',
  pushBlocked: 'Blocked in the browser. Allow notifications for this page beside its address, then reload.',
  pushNeedsHttps: 'Not at this address: push needs https. Whoever runs the server can set it up.',
  pushNeedsInstall: 'Not in this tab. Choose Share, then Add to Home Screen, and open Tidings from there.',
  pushNotHere: 'Not here: this browser has no push, or the page could not be installed. Another browser may do.',
  notificationsNeedHttps: 'Not at this address: notifications need https.', notificationsNotHere: 'This browser has no notifications.',
  sendTest: 'Send a test', testSent: 'Sent. The notification comes in a moment.',
  // Security
  changePassword: 'Change password', oldPassword: 'Current password', newPassword: 'New password',
  passwordNote: 'All of your other devices are signed out.', passwordChanged: 'Password changed',
  // Devices
  thisOne: 'You are here', others: 'Elsewhere', noOthers: 'No other device is signed in.',
  devicesNote: 'If you do not know a device, sign it out and change your password.',
  allOthers: { one: '{count} other device', other: '{count} other devices' }, signOut: 'Sign out', signOutOthers: 'Sign out all others',
  signOutOf: 'Sign out {device}?', signOutText: 'It needs the password to come back. What it has not sent is lost.', signedOut: 'Signed out',
  deviceUsed: 'Last used {seen}, signed in {since}',
  // Data and account
  myData: 'Your data', filesStored: 'Files you have uploaded', export: 'A copy of everything',
  exportHint: 'A ZIP with your profile, contacts, messages and files', exportNote: 'One copy every ten minutes.',
  endAccount: 'Ending', deleteAccount: 'Delete account', deleteHint: 'For good. Nobody can bring it back.',
  deleteText: 'Your profile, contacts and sessions go, and you leave all groups. What you have written stays with those you wrote to.',
  deleteForGood: 'Delete for good', yourPassword: 'Your password', passwordNeeded: 'Enter your password first.',
  // About
  server: 'Server', serverName: 'Name', version: 'Version', address: 'Address', thisBrowser: 'What this browser can do here',
  available: 'Available', notAvailable: 'Not here', needsHttps: 'It needs https.', needsBrowser: 'This browser does not have it.',
  notSecure: '{origin} is not a secure address. With https in front of it, everything here becomes available.',
  canOffline: 'Open without a network', noOffline: 'Tidings opens only with a network.', canPush: 'Push notifications', noPush: 'Nothing tells you of messages while Tidings is closed.',
  canNotify: 'Notifications', noNotify: 'Messages show in the title of the tab only.', canCopy: 'Copy buttons', noCopy: 'Select and copy by hand.',
  canRecord: 'Voice messages', noRecord: 'Voice can be listened to, not recorded.', canShareTabs: 'One connection for all tabs',
  noShareTabs: 'Tabs find each other more slowly.', canBadge: 'A number on the icon of the app', noBadge: 'The tab has the number.',
  canKeep: 'Messages kept on this device', noKeep: 'Nothing can be kept (a private window?). What is not sent is lost when the page closes.',
  help: 'Help', keysHint: 'Everything can be done without a mouse', showKeys: 'Show keys',
  // Log out
  logOut: 'Log out', logOutTitle: 'Log out of this device?', logOutText: 'Everything that was kept in this browser is removed. It stays on the server.',
  unsentLost: { one: '{count} unsent message will be lost.', other: '{count} unsent messages will be lost.' },
} as const;
