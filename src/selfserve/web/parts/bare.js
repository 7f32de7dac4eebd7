// An object that has only what is put into it: a question may be called `constructor`, which every other object has as well.
export default (...parts) => Object.assign(Object.create(null), ...parts);
