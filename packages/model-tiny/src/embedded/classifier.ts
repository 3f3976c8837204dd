import files from '../../classifier.embedded';

export default files;
