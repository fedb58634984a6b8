/**
 * Reads JSON (RFC 8259) of the API: the value of each field `body`, and each whole number that JavaScript would change,
 * is kept as the text that was sent.
 */

/** A JSON value as its text. */
export class Raw {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const SPACE = /[ \t\r\n]*/y;
/** A whole number with no more characters than this has the same digits in JavaScript. */
const SAFE_DIGITS = 15;

const NUMBER = /-?\d+(\.\d+)?([eE][-+]?\d+)?/y;
const WORD = /true|false|null/y;

/** One pass over a text; `at` is the position of the next character. */
class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.namesOfUsers = 0;
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) {
      throw new SyntaxError(`not JSON at character ${this.at + 1}`);
    }
    this.at = pattern.lastIndex;
    return found[0];
  }

  /** A string with its quotes, of any length: a regular expression would overflow its stack at 10 MB. */
  string() {
    const start = this.at;
    if (this.text[start] !== '"') {
      throw new SyntaxError(`not JSON at character ${start + 1}`);
    }
    for (let end = this.text.indexOf('"', start + 1); end >= 0; end = this.text.indexOf('"', end + 1)) {
      let escapes = 0;
      while (this.text[end - 1 - escapes] === '\\') {
        escapes++;
      }
      if (escapes % 2 === 0) {
        this.at = end + 1;
        return this.text.slice(start, this.at);
      }
    }
    throw new SyntaxError(`a string that begins at character ${start + 1} has no end`);
  }

  next() {
    this.take(SPACE);
    return this.text[this.at];
  }

  expect(character) {
    if (this.next() !== character) {
      throw new SyntaxError(`expected ${character} at character ${this.at + 1}`);
    }
    this.at++;
  }

  value(key) {
    const first = this.next();
    const start = this.at;
    const value = this.read(first);
    if (key === 'body' && this.namesOfUsers === 0 && typeof value !== 'string') {
      return new Raw(this.text.slice(start, this.at));
    }
    return value;
  }

  /** A value below a field whose names are those of users, in which `body` is one like any other. */
  valueOf(key) {
    const users = key === 'metadata' || key === 'filter' ? 1 : 0;
    this.namesOfUsers += users;
    const value = this.value(key);
    this.namesOfUsers -= users;
    return value;
  }

  read(first) {
    if (first === '{') {
      return this.object();
    }
    if (first === '[') {
      return this.array();
    }
    if (first === '"') {
      return JSON.parse(this.string());
    }
    if (first === 't' || first === 'f' || first === 'n') {
      return JSON.parse(this.take(WORD));
    }
    const text = this.take(NUMBER);
    return text.length <= SAFE_DIGITS || /[.e]/i.test(text) ? Number(text) : new Raw(text);
  }

  object() {
    const object = {};
    this.expect('{');
    for (let more = this.next() !== '}'; more; more = this.more('}')) {
      this.next();
      const key = JSON.parse(this.string());
      this.expect(':');
      // a field named __proto__ is a field like any other
      Object.defineProperty(object, key, {
        value: this.valueOf(key), enumerable: true, writable: true, configurable: true });
    }
    this.expect('}');
    return object;
  }

  array() {
    const array = [];
    this.expect('[');
    for (let more = this.next() !== ']'; more; more = this.more(']')) {
      array.push(this.value(null));
    }
    this.expect(']');
    return array;
  }

  more(end) {
    if (this.next() === end) {
      return false;
    }
    this.expect(',');
    return true;
  }

  end() {
    this.take(SPACE);
    if (this.at < this.text.length) {
      throw new SyntaxError(`not JSON at character ${this.at + 1}`);
    }
  }
}

/**
 * @param {string} text JSON
 * @returns the value, in which a Raw stands for what must not change
 * @throws {SyntaxError} naming the position
 */
export function parse(text) {
  const reader = new Reader(text);
  const value = reader.value(null);
  reader.end();
  return value;
}

/** Splits JSON into lines of at most one name or value each, for people. Numbers and names stay as they were sent. */
export function pretty(text) {
  const reader = new Reader(text);
  const lines = [];
  write('', '');
  reader.end();
  return lines;

  function write(indent, name) {
    const first = reader.next();
    const close = { '{': '}', '[': ']' }[first];
    if (!close) {
      const start = reader.at;
      reader.read(first);
      lines.push({ indent, name, text: reader.text.slice(start, reader.at) });
      return;
    }
    reader.expect(first);
    const open = { indent, name, text: first, opens: true };
    lines.push(open);
    for (let more = reader.next() !== close; more; more = reader.more(close)) {
      reader.next();
      const key = first === '{' ? reader.string() : '';
      if (first === '{') {
        reader.expect(':');
      }
      write(indent + '  ', key);
      lines.at(-1).comma = reader.next() === ',';
    }
    reader.expect(close);
    lines.push({ indent, name: '', text: close, closes: open });
  }
}
