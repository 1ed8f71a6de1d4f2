// Words of `bots`: buttons under messages.

export default {
  silent: '{name} has not answered yet. What you pressed is kept for it.', refused: 'Pressing did not work: {reason}', opens: 'Opens {host}', buttons: 'Buttons',
} as const;
