import { describe, expect, test } from 'vitest';
import { byLetter, letterOf } from '../../../src/contacts/letters';

describe('the letter of a name', () => {
  test.each([
    ['ada', 'A'], ['Émile', 'E'], ['  zoe', 'Z'], ['阿明', 'A'], ['陈思远', 'C'], ['林薇', 'L'], ['王可', 'W'], ['周子轩', 'Z'], ['欧阳', 'O'], ['安娜', 'A'], ['张伟', 'Z'],
    ['叶文', 'Y'], ['许诺', 'X'], ['钱多', 'Q'], ['冯军', 'F'], ['发财', 'F'], ['妈妈', 'M'],
    ['42', '#'], ['😀', '#'], ['', '#'], ['Жанна', '#'],
  ])('%s stands under %s', (name, letter) => {
    expect(letterOf(name)).toBe(letter);
  });
});

test('names are grouped from A to Z, and what has no letter comes last', () => {
  const groups = byLetter(['42', '林薇', 'Lee', 'bob', '陈'], (name) => name);
  expect(groups.map(({ letter }) => letter)).toEqual(['B', 'C', 'L', '#']);
  expect(groups.find(({ letter }) => letter === 'L')?.items).toHaveLength(2);
});

test('nothing is lost or doubled', () => {
  const names = ['a', 'b', 'A', '阿', '1', '张', 'z'];
  expect(byLetter(names, (name) => name).flatMap(({ items }) => items).sort()).toEqual([...names].sort());
});
