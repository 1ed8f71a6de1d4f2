/** Whether a key belongs to an input method. Safari sends the key that ends a word with 229 and without the flag. */
export const composing = (event: KeyboardEvent): boolean => event.isComposing || event.keyCode === 229;
