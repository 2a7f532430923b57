/** A `Struct` of the protocol, as it is while nobody has asked for its fields one by one. */
type Plain = Readonly<Record<string, unknown>>;

/** What is used of the library's reader of messages. */
interface Reader {
  nextField(): boolean;
  isEndGroup(): boolean;
  getFieldNumber(): number;
  skipField(): void;
  readString(): string;
  readDouble(): number;
  readBool(): boolean;
  readMessage<T extends object>(into: T, read: (into: T, reader: Reader) => void): void;
}

interface FieldsMap {
  forEach(each: (value: object, key: string) => void): void;
  set(key: string, value: object): void;
}

/** The library's class of messages that are such a `Struct`. */
interface StructClass {
  prototype: StructMessage;
  fromJavaScript(plain: Plain): StructMessage;
  deserializeBinaryFromReader(message: StructMessage, reader: Reader): StructMessage;
}

interface StructMessage {
  toJavaScript(): Plain;
  getFieldsMap(noLazyCreate?: boolean): FieldsMap;
}

/**
 * Makes the protocol's library read each `Struct` straight into a plain object, which is all that the SDK asks of it. By
 * itself it makes a message of each value, a map of each object, and plain objects of these at the next step: for the state
 * of a stack that is a good part of a preview.
 */
export function readPlainly(Struct: StructClass): void {
  const { toJavaScript, getFieldsMap } = Struct.prototype;
  const read = new WeakMap<StructMessage, Plain>();
  Struct.deserializeBinaryFromReader = (message, reader) => {
    read.set(message, fieldsIn(reader));
    return message;
  };
  Struct.prototype.toJavaScript = function () {
    return read.get(this) ?? toJavaScript.call(this);
  };
  // All that the library does with a message but reading it goes through this one.
  Struct.prototype.getFieldsMap = function (noLazyCreate) {
    const plain = read.get(this);
    if (plain === undefined) return getFieldsMap.call(this, noLazyCreate);
    read.delete(this);
    const fields = getFieldsMap.call(this);
    const all = Struct.fromJavaScript(plain).getFieldsMap();
    all.forEach((value, key) => {
      fields.set(key, value);
    });
    return fields;
  };
}

function fieldsIn(reader: Reader): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  while (reader.nextField() && !reader.isEndGroup()) {
    if (reader.getFieldNumber() === 1) reader.readMessage(fields, addField);
    else reader.skipField();
  }
  return fields;
}

/** One entry of the map: its key, and its value. */
function addField(fields: Record<string, unknown>, reader: Reader): void {
  const entry: { key: string; value: unknown } = { key: "", value: undefined };
  while (reader.nextField() && !reader.isEndGroup()) {
    if (reader.getFieldNumber() === 1) entry.key = reader.readString();
    else if (reader.getFieldNumber() === 2) reader.readMessage(entry, setValue);
    else reader.skipField();
  }
  fields[entry.key] = entry.value;
}

function setValue(entry: { value: unknown }, reader: Reader): void {
  while (reader.nextField() && !reader.isEndGroup()) {
    switch (reader.getFieldNumber()) {
      case 2:
        entry.value = reader.readDouble();
        break;
      case 3:
        entry.value = reader.readString();
        break;
      case 4:
        entry.value = reader.readBool();
        break;
      case 5:
        reader.readMessage(entry, setFields);
        break;
      case 6:
        reader.readMessage(entry, setList);
        break;
      default:
        entry.value = null;
        reader.skipField();
    }
  }
}

function setFields(entry: { value: unknown }, reader: Reader): void {
  entry.value = fieldsIn(reader);
}

function setList(into: { value: unknown }, reader: Reader): void {
  const list: unknown[] = [];
  const entry: { value: unknown } = { value: undefined };
  while (reader.nextField() && !reader.isEndGroup()) {
    if (reader.getFieldNumber() !== 1) {
      reader.skipField();
      continue;
    }
    entry.value = undefined;
    reader.readMessage(entry, setValue);
    list.push(entry.value);
  }
  into.value = list;
}
